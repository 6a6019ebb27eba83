#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

// To read ids on a GPU would stop the step: there those outside the table give rows that are not a number.
void check_ids(const at::Tensor& ids, int64_t vocabulary) {
  if (!ids.is_cpu()) return;
  const int64_t* id = ids.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < ids.numel(); ++i)
    TORCH_CHECK(id[i] >= 0 && id[i] < vocabulary, "embed: id ", id[i], " lies outside the table of ", vocabulary);
}

struct Embed : Function<Embed> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& table, const at::Tensor& ids) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const int64_t count = ids.size(1), width = table.size(2);
    const at::Tensor output = at::empty({ids.size(0), count, width}, table.options());
    LayerKernelsOf(table)->embed(passes_of(ids.size(0), [&](int64_t replica) {
      return kernels::EmbeddingRows{.table = replica_of(table, replica),
                                    .ids = ids.const_data_ptr<int64_t>() + replica * count,
                                    .vocabulary = table.size(1),
                                    .output = mutable_replica_of(output, replica),
                                    .rows = count,
                                    .width = width};
    }));
    context->save_for_backward({table, ids});
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const variable_list saved = context->get_saved_variables();
    const ParameterGradient table(saved[0]);
    const at::Tensor &ids = saved[1], output_gradient = gradients[0].contiguous();
    const int64_t count = ids.size(1), width = output_gradient.size(2);
    LayerKernelsOf(output_gradient)->embed_gradient(passes_of(ids.size(0), [&](int64_t replica) {
      return kernels::EmbeddingGradientRows{.ids = ids.const_data_ptr<int64_t>() + replica * count,
                                            .vocabulary = saved[0].size(1),
                                            .output_gradient = replica_of(output_gradient, replica),
                                            .table_gradient = table.of_replica(replica),
                                            .rows = count,
                                            .width = width};
    }));
    return {table.for_autograd(), {}};
  }
};

}  // namespace

at::Tensor embed(const at::Tensor& ids, const at::Tensor& table) {
  TORCH_CHECK(ids.dim() == 2 && ids.scalar_type() == at::kLong && table.dim() == 3 && table.size(0) == ids.size(0), "embed: ids ", ids.sizes(),
              " ", ids.toString(), ", table ", table.sizes(), ", expected [R, N] int64 and [R, V, D]");
  TORCH_CHECK(ids.device() == table.device(), "embed: ids on ", ids.device(), ", the table on ", table.device());
  if (!have_layer_kernels({table})) return embed_reference(ids, table);
  const at::Tensor plain = ids.contiguous();
  check_ids(plain, table.size(1));
  return Embed::apply(table, plain);
}

}  // namespace manabi::tensor
