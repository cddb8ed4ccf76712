using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

public sealed unsafe partial class CpuDevice
{
    internal override void LstmCell(Tensor gates, Tensor cPrevious, Tensor h, Tensor c, Tensor activated)
    {
        int hidden = Last(cPrevious), rows = Rows(cPrevious);
        if (gates.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<LstmCell.Forward<T>, T>(new(View<T>(gates), View<T>(cPrevious), View<T>(h), View<T>(c), View<T>(activated), hidden), rows, 40.0 * hidden);
    }

    internal override void LstmCellBackward(Tensor activated, Tensor cPrevious, Tensor c, Tensor? dh, Tensor? dc, Tensor dgates, Tensor dcPrevious)
    {
        int hidden = Last(cPrevious), rows = Rows(cPrevious);
        if (activated.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<LstmCell.Backward<T>, T>(new(View<T>(activated), View<T>(cPrevious), View<T>(c), Optional<T>(dh), Optional<T>(dc), View<T>(dgates), View<T>(dcPrevious), hidden), rows, 20.0 * hidden);
    }

    internal override Tensor PackForSteps(Tensor weight, int gates)
    {
        int depth = weight.Shape[0], hidden = weight.Shape[1] / gates;
        var packed = Tensor.Empty([RecurrentStep.PackedCount(depth, gates, hidden)], weight.DType, this, "PackForSteps");
        if (weight.DType == DType.F32) Go<float>(); else Go<double>();
        return packed;

        void Go<T>() where T : unmanaged => Run<RecurrentStep.Pack<T>, T>(
            new(View<T>(weight), weight.Strides[0], weight.Strides[1], depth, gates, hidden, View<T>(packed)), RecurrentStep.Blocks(hidden), 32.0 * gates * depth);
    }

    internal override void StepInputs(Tensor x, Tensor weight, Tensor? bias, Tensor y, int gates)
    {
        int rows = Rows(x), depth = Last(x), hidden = Last(y) / gates;
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged => Run<RecurrentStep.Inputs<T>, T>(
            new(View<T>(x), View<T>(weight), Optional<T>(bias), View<T>(y), rows, depth, gates, hidden), RecurrentStep.Blocks(hidden), 4.0 * rows * gates * depth);
    }

    internal override void LstmStep(Tensor x, Tensor before, Tensor weight, Tensor cPrevious, Tensor h, Tensor c, Tensor? activated)
    {
        int hidden = Last(h);
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged => Step<LstmCell.Forward<T>, T>(
            new(View<T>(x), View<T>(cPrevious), View<T>(h), View<T>(c), Optional<T>(activated), hidden), before, weight, Rows(h), 4, hidden);
    }

    internal override void LstmStepBackward(Tensor dy, Tensor? later, Tensor weight, Tensor activated, Tensor cPrevious, Tensor c, Tensor dc, Tensor dgates)
    {
        int hidden = Last(c);
        if (dy.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged => Step<LstmCell.Backward<T>, T>(
            new(View<T>(activated), View<T>(cPrevious), View<T>(c), View<T>(dy), View<T>(dc), View<T>(dgates), View<T>(dc), hidden), later, weight, Rows(c), 1, hidden);
    }

    internal override void GruStep(Tensor x, Tensor before, Tensor weight, Tensor? bias, Tensor h, Tensor? kept)
    {
        int hidden = Last(h);
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged => Step<GruCell.Forward<T>, T>(
            new(View<T>(x), Optional<T>(bias), View<T>(before), View<T>(h), Optional<T>(kept), hidden), before, weight, Rows(h), 3, hidden);
    }

    internal override void GruStepBackward(Tensor dy, Tensor? later, Tensor weight, Tensor kept, Tensor before, Tensor direct, Tensor dx, Tensor dproducts)
    {
        int hidden = Last(before);
        if (dy.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged => Step<GruCell.Backward<T>, T>(
            new(View<T>(kept), View<T>(before), View<T>(dy), View<T>(direct), View<T>(dx), View<T>(dproducts), hidden), later, weight, Rows(before), 1, hidden);
    }

    internal override void RnnStep<F>(F f, Tensor x, Tensor before, Tensor weight, Tensor h)
    {
        int hidden = Last(h);
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged => Step<RnnCell.Forward<F, T>, T>(new(f, View<T>(x), View<T>(h), hidden), before, weight, Rows(h), 1, hidden);
    }

    internal override void RnnStepBackward<F>(F f, Tensor dy, Tensor? later, Tensor weight, Tensor h, Tensor dx)
    {
        int hidden = Last(h);
        if (dy.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged => Step<RnnCell.Backward<F, T>, T>(new(f, View<T>(h), View<T>(dy), View<T>(dx), hidden), later, weight, Rows(h), 1, hidden);
    }

    void Step<C, T>(C cell, Tensor? left, Tensor weight, int rows, int gates, int hidden) where C : struct, ICell<T> where T : unmanaged
    {
        int depth = left is null ? 0 : Last(left);
        Run<RecurrentStep.ProductAndCell<C, T>, T>(new(cell, Optional<T>(left), View<T>(weight), rows, depth, gates, hidden), RecurrentStep.Blocks(hidden), rows * (4.0 * gates * depth + 1000));
    }
}
