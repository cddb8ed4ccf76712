namespace NanoAttention;

public sealed partial class GpuDevice
{
    internal override Tensor PackForSteps(Tensor weight, int gates) => weight.Contiguous();

    internal override void StepInputs(Tensor x, Tensor weight, Tensor? bias, Tensor y, int gates) => MatMul(x, weight, y, bias?.Stretch(y.Shape));

    internal override void LstmStep(Tensor x, Tensor before, Tensor weight, Tensor cPrevious, Tensor h, Tensor c, Tensor? activated)
    {
        activated ??= Tensor.Empty(x.Shape, x.DType, this, "LstmStep");
        MatMul(before, weight, activated, plus: x);
        LstmCell(activated, cPrevious, h, c, activated);
    }

    internal override void LstmStepBackward(Tensor dy, Tensor? later, Tensor weight, Tensor activated, Tensor cPrevious, Tensor c, Tensor dc, Tensor dgates) =>
        LstmCellBackward(activated, cPrevious, c, WithProduct(dy, later, weight), dc, dgates, dc);

    internal override void LstmCell(Tensor gates, Tensor cPrevious, Tensor h, Tensor c, Tensor activated) =>
        Launch(Items(c.Count), Kernels.Gpu.LstmCell.Forward, View(gates), View(cPrevious), View(h), View(c), View(activated), Last(c));

    internal override void LstmCellBackward(Tensor activated, Tensor cPrevious, Tensor c, Tensor? dh, Tensor? dc, Tensor dgates, Tensor dcPrevious) =>
        Launch(Items(c.Count), Kernels.Gpu.LstmCell.Backward, View(activated), View(cPrevious), View(c), Optional(dh), Optional(dc), View(dgates), View(dcPrevious), Last(c));

    internal override void GruStep(Tensor x, Tensor before, Tensor weight, Tensor? bias, Tensor h, Tensor? kept)
    {
        var products = Tensor.Empty(x.Shape, x.DType, this, "GruStep");
        MatMul(before, weight, products, bias?.Stretch(x.Shape));
        Launch(Items(h.Count), Kernels.Gpu.GruCell.Forward, View(x), View(products), View(before), View(h), Optional(kept), Last(h));
    }

    internal override void GruStepBackward(Tensor dy, Tensor? later, Tensor weight, Tensor kept, Tensor before, Tensor direct, Tensor dx,
        Tensor dproducts)
    {
        var dh = WithProduct(dy, later, weight);        // before anything is viewed: a view counts until the next launch
        Launch(Items(direct.Count), Kernels.Gpu.GruCell.Backward, View(kept), View(before), View(dh), View(direct), View(dx),
            View(dproducts), Last(before));
    }

    internal override void RnnStep<F>(F f, Tensor x, Tensor before, Tensor weight, Tensor h) => MatMul(f, before, weight, h, plus: x);

    internal override void RnnStepBackward<F>(F f, Tensor dy, Tensor? later, Tensor weight, Tensor h, Tensor dx) =>
        MapBackward(f, h, h, WithProduct(dy, later, weight), dx);

    Tensor WithProduct(Tensor dy, Tensor? later, Tensor weight)
    {
        if (later is null) return dy;
        var sum = Tensor.Empty(dy.Shape, dy.DType, this, "RecurrentStep");
        MatMul(later, weight, sum, plus: dy);
        return sum;
    }
}
